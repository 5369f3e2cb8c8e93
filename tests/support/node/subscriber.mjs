// Prints "subscribed", then the URI of the first notice with the text that the resource has by then, and goes.
/** @param subscribe (changed) => subscribed; changed(uri) is called for each notice */
export async function told(client, subscribe) {
  const notice = new Promise((resolve, reject) => subscribe(resolve).then(() => console.log("subscribed"), reject));
  const uri = await notice;
  const { contents } = await client.readResource({ uri });
  console.log(JSON.stringify([uri, contents[0].text]));
  await client.close();
  process.exit(0);
}
