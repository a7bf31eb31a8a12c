// One function's life through the AWS SDK for JavaScript: what happened is printed as one line of JSON.
import { readFile } from "node:fs/promises";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

const [endpoint, name, runtime, role, zip] = process.argv.slice(2);
const client = new LambdaClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const wait = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 60 };
const text = (bytes) => new TextDecoder().decode(bytes);

const created = await client.send(
  new CreateFunctionCommand({
    FunctionName: name,
    Runtime: runtime,
    Handler: "app.handler",
    Role: role,
    Code: { ZipFile: await readFile(zip) },
  }),
);
await waitUntilFunctionActiveV2(wait, { FunctionName: name });
const answer = await client.send(
  new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ name: "Ada" }), LogType: "Tail" }),
);
await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Timeout: 11 }));
await waitUntilFunctionUpdatedV2(wait, { FunctionName: name });
const shown = await client.send(new GetFunctionCommand({ FunctionName: name }));
const listed = await client.send(new ListFunctionsCommand({}));
await client.send(new DeleteFunctionCommand({ FunctionName: name }));
const refusal = await client.send(new InvokeCommand({ FunctionName: name })).catch((error) => error);

console.log(
  JSON.stringify({
    state: created.State,
    modified: created.LastModified,
    status: answer.StatusCode,
    payload: JSON.parse(text(answer.Payload)),
    log: Buffer.from(answer.LogResult, "base64").toString(),
    timeout: shown.Configuration.Timeout,
    listed: listed.Functions.map((f) => f.FunctionName),
    refusal: { name: refusal.name, message: refusal.message, status: refusal.$metadata?.httpStatusCode },
  }),
);
