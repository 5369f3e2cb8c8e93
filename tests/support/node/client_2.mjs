// The rewritten client, @modelcontextprotocol/client 2.x: "handshake" is its legacy mode, "modern" pins 2026-07-28.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { drive } from "./driver.mjs";

const MODES = { handshake: "legacy", modern: { pin: "2026-07-28" } };

await drive(async ({ command, env, url, era }) => {
  const client = new Client(
    { name: "client-2", version: "1" },
    { capabilities: {}, versionNegotiation: { mode: MODES[era] } },
  );
  const transport = url
    ? new StreamableHTTPClientTransport(new URL(url))
    : new StdioClientTransport({ command: command[0], args: command.slice(1), env, stderr: "inherit" });
  await client.connect(transport);
  return {
    client,
    version: client.getNegotiatedProtocolVersion(),
    callTool: (params, options) => client.callTool(params, options),
  };
});
