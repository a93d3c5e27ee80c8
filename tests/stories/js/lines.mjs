// Calls of the AWS SDK for JavaScript v3, one JSON object a line: standard input asks, standard output answers.
//
//   {"service": "iam", "operation": "GetUser", "parameters": {…}, "endpoint": "http://…", "credentials": {…}}
//   {"result": {…}}   or   {"code": "NoSuchEntity", "sentence": "…"}

import { createInterface } from "node:readline";
import * as iam from "@aws-sdk/client-iam";
import * as sts from "@aws-sdk/client-sts";

const SDK = {
  iam: { library: iam, Client: iam.IAMClient },
  sts: { library: sts, Client: sts.STSClient },
};

async function answer({ service, operation, parameters, endpoint, credentials }) {
  const { library, Client } = SDK[service];
  const client = new Client({
    endpoint,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: {
      accessKeyId: credentials.AccessKeyId,
      secretAccessKey: credentials.SecretAccessKey,
      sessionToken: credentials.SessionToken,
    },
  });
  try {
    const { $metadata, ...result } = await client.send(new library[`${operation}Command`](parameters));
    return { result };
  } catch (error) {
    // An error without metadata never came from the server: it is a fault of the story itself.
    if (error.$metadata?.httpStatusCode === undefined) throw error;
    return { code: error.Code ?? error.name, sentence: error.message };
  } finally {
    client.destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
