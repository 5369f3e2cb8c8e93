// The rewritten client, subscribed in the way of the era: `node subscriber_2.mjs URL RESOURCE ERA`.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { told } from "./subscriber.mjs";

const [url, uri, era] = process.argv.slice(2);
const mode = era === "modern" ? { pin: "2026-07-28" } : "legacy";
const client = new Client({ name: "client-2", version: "1" }, { capabilities: {}, versionNegotiation: { mode } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
await told(client, async (changed) => {
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => changed(params.uri));
  if (era === "modern") await client.listen({ resourceSubscriptions: [uri] });
  else await client.subscribeResource({ uri });
});
