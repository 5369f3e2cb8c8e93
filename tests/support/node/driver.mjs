// Lets a test written in Python work a Node client: one JSON command a line on stdin, one JSON answer a line on stdout.
//
// Started as `node <sdk>.mjs '{"era": "...", "command": ["...", ...], "env": {...}}'` or with "url" in place of
// "command". The server's stderr is this program's own.
//   {"do": "list"}                                             -> {"tools": [...]}
//   {"do": "call", "name": ..., "arguments": {...}}            -> {"result": {...}} | {"error": {"code", "message"}}
//   {"do": "call", ..., "cancel_after": seconds}               -> {"cancelled": true}, or as above when it ended before
//   {"do": "offers"}                                           -> {"prompts": [...], "resources": [...], "templates": [...]}
//   {"do": "prompt", "name": ..., "arguments": {...}}          -> the result, as of these two:
//   {"do": "read", "uri": ...}
//   {"do": "complete", "ref": {...}, "argument": {...}}
// The first line on stdout is {"ready": protocol version}. End of stdin closes the connection.
import { createInterface } from "node:readline";

const CALL_TIMEOUT_MS = 300_000;

function print(value) {
  process.stdout.write(JSON.stringify(value) + "\n");
}

async function pages(list, key) {
  const found = [];
  let cursor;
  do {
    const page = await list(cursor === undefined ? undefined : { cursor });
    found.push(...page[key]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

async function offers(client) {
  return {
    prompts: await pages((params) => client.listPrompts(params), "prompts"),
    resources: await pages((params) => client.listResources(params), "resources"),
    templates: await pages((params) => client.listResourceTemplates(params), "resourceTemplates"),
  };
}

async function call(callTool, { name, arguments: args, cancel_after: cancelAfter }) {
  const controller = new AbortController();
  const timer = cancelAfter == null ? undefined : setTimeout(() => controller.abort(), cancelAfter * 1000);
  try {
    return { result: await callTool({ name, arguments: args }, { signal: controller.signal, timeout: CALL_TIMEOUT_MS }) };
  } catch (error) {
    if (controller.signal.aborted) return { cancelled: true };
    return { error: { code: error.code ?? null, message: error.message } };
  } finally {
    clearTimeout(timer);
  }
}

const COMMANDS = {
  list: async (client) => ({ tools: await pages((params) => client.listTools(params), "tools") }),
  offers,
  prompt: (client, { name, arguments: args }) => client.getPrompt({ name, arguments: args }),
  read: (client, { uri }) => client.readResource({ uri }),
  complete: (client, { ref, argument }) => client.complete({ ref, argument }),
};

/** @param connect (options) => {client, version, callTool(params, requestOptions)}, connected */
export async function drive(connect) {
  const { client, version, callTool } = await connect(JSON.parse(process.argv[2]));
  print({ ready: version });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    print(await (command.do === "call" ? call(callTool, command) : COMMANDS[command.do](client, command)));
  }
  await client.close();
}
