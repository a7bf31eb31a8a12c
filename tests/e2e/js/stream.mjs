// What a function streams, read through the AWS SDK for JavaScript: printed as one line of JSON.
import { InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";

const [endpoint, name] = process.argv.slice(2);
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const client = new LambdaClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });

async function read(steps) {
  const command = { FunctionName: name, Payload: JSON.stringify(steps), LogType: "Tail" };
  const answer = await client.send(new InvokeWithResponseStreamCommand(command));
  const told = { type: answer.ResponseStreamContentType, version: answer.ExecutedVersion, body: "" };
  for await (const event of answer.EventStream) {
    if (event.PayloadChunk) told.body += new TextDecoder().decode(event.PayloadChunk.Payload);
    if (event.InvokeComplete) told.end = event.InvokeComplete;
  }
  return told;
}

const { end, ...told } = await read([["write", "one,"], ["write", "two"]]);
const { end: error } = await read([["write", "one"], ["throw", "broken"]]);
console.log(JSON.stringify({ ...told, log: Buffer.from(end.LogResult, "base64").toString(), error }));
