// Invokes over one HTTP/2 connection with prior knowledge, twenty at once, and prints what came back in order.
import http2 from "node:http2";

const [endpoint, name] = process.argv.slice(2);
const session = http2.connect(endpoint);
session.on("error", (fault) => { throw fault; });

function invoke(n) {
  return new Promise((resolve, reject) => {
    const call = session.request({ ":method": "POST", ":path": `/2015-03-31/functions/${name}/invocations` });
    const told = { status: 0, body: "" };
    call.setEncoding("utf8");
    call.on("response", (headers) => { told.status = headers[":status"]; });
    call.on("data", (piece) => { told.body += piece; });
    call.on("end", () => resolve(told));
    call.on("error", reject);
    call.end(JSON.stringify({ n }));
  });
}

const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => invoke(n)));
console.log(JSON.stringify(answers));
session.close();
