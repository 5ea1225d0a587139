// The least that the webhook does, in Node, to compare with: takes events from Lambda's Runtime API, verifies each body's
// signature and stores one item if it is not there. No secret store, no keys, no queue.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const { AWS_LAMBDA_RUNTIME_API, FORTHRIGHT_TABLE_DATA, BENCH_APP_SECRET } = process.env;
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });
const table = new DynamoDBClient({});

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const options = { hostname, port, method, path: `/2018-06-01/runtime/${path}`, headers, agent };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function handle(event) {
  const body = Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8");
  const wanted = Buffer.from(`sha256=${createHmac("sha256", BENCH_APP_SECRET).update(body).digest("hex")}`);
  const given = Buffer.from(event.headers["x-hub-signature-256"] ?? "");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return { statusCode: 401 };
  }
  const message = JSON.parse(body).entry[0].changes[0].value.messages[0];
  const id = createHash("sha256").update(message.id).digest("hex");
  await table.send(
    new PutItemCommand({
      TableName: FORTHRIGHT_TABLE_DATA,
      Item: { pk: { S: "N#bench" }, sk: { S: id } },
      ConditionExpression: "attribute_not_exists(pk)",
    }),
  );
  return { statusCode: 200 };
}

async function main() {
  for (;;) {
    const { headers, body } = await call("GET", "invocation/next");
    const answer = await handle(JSON.parse(body));
    await call("POST", `invocation/${headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(answer));
  }
}

main();
