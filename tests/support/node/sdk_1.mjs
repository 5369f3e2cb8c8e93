// The client that most hosts embed: @modelcontextprotocol/sdk 1.x, handshake protocol versions only.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { drive } from "./driver.mjs";

await drive(async ({ command, env, url }) => {
  const client = new Client({ name: "sdk-1", version: "1" }, { capabilities: {} });
  const transport = url
    ? new StreamableHTTPClientTransport(new URL(url))
    : new StdioClientTransport({ command: command[0], args: command.slice(1), env, stderr: "inherit" });
  await client.connect(transport);
  return {
    client,
    version: transport.protocolVersion ?? null,
    callTool: (params, options) => client.callTool(params, undefined, options),
  };
});
