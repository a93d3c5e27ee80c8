// Who the credential providers of the AWS SDK for JavaScript v3 make somebody, by profiles of the configuration file:
//
//   node providers.mjs ini PROFILE                        the profile, and the roles that it goes through
//   node providers.mjs process PROFILE                    what the profile's process prints
//   node providers.mjs temporary PROFILE ROLE_ARN         a role, assumed with the profile's credentials
//
// The ARN goes to standard output.

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromIni, fromProcess, fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const PROVIDERS = {
  ini: (profile) => fromIni({ profile }),
  process: (profile) => fromProcess({ profile }),
  temporary: (profile, RoleArn) =>
    fromTemporaryCredentials({ masterCredentials: fromIni({ profile }), params: { RoleArn, RoleSessionName: "script" } }),
};

const [kind, ...rest] = process.argv.slice(2);
const client = new STSClient({ credentials: PROVIDERS[kind](...rest) });
const { Arn } = await client.send(new GetCallerIdentityCommand({}));
process.stdout.write(`${Arn}\n`);
