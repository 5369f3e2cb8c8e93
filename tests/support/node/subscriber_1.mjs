// The client that most hosts embed, subscribed: `node subscriber_1.mjs URL RESOURCE`.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { told } from "./subscriber.mjs";

const [url, uri] = process.argv.slice(2);
const client = new Client({ name: "sdk-1", version: "1" }, { capabilities: {} });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
await told(client, async (changed) => {
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => changed(params.uri));
  await client.subscribeResource({ uri });
});
