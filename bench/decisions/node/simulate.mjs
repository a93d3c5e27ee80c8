// @cloud-copilot/iam-simulate by its public functions: the same protocol as timed.py, for a process of node's.
// The argument says which: runSimulation, or runUnsafeSimulation, which checks nothing and is quicker.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const mode = process.argv[2];
const work = JSON.parse(readFileSync(0, "utf8"));
const [GROUP, GROUP_US] = [32, 5000]; // this clock counts whole microseconds
const clock = () => Number(process.hrtime.bigint());

const named = (policies) => policies.map((policy, number) => ({ name: `p${number}`, policy }));
const { boundary, session, service_control: levels = [] } = work.limits;
const limits = {
  serviceControlPolicies: levels.map((level, number) => ({ orgIdentifier: `ou-${number}`, policies: named(level) })),
  resourceControlPolicies: [],
  ...(boundary && { permissionBoundaryPolicies: named([boundary]) }),
  ...(session && { sessionPolicy: session }),
};

const asked = ({ principal, action, resource, context }) => ({
  principal: principal.arn,
  action,
  resource: { resource, accountId: principal.account_id },
  contextVariables: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, String(value)])),
});

const simulation = (request) => ({
  request,
  identityPolicies: work.holders[request.principal].map((number) => ({ name: `p${number}`, policy: work.policies[number] })),
  ...limits,
});

async function decide(request) {
  if (mode === "runUnsafeSimulation") return runUnsafeSimulation(simulation(request), {});
  const found = await runSimulation(simulation(request), {});
  if (found.resultType === "error") throw new Error(JSON.stringify(found.errors));
  return found.overallResult;
}

// Microseconds of CPU of a call by groups, all threads together, and of wall time of each call.
async function timed(texts, seconds, size, passes = Infinity) {
  const cpu = [];
  const walls = [];
  const empties = Array.from({ length: 2000 }, () => -clock() + clock()).sort((x, y) => x - y);
  const end = clock() + seconds * 1e9;
  for (; clock() < end && passes > 0; passes -= 1) {
    for (let start = 0; start < texts.length && clock() < end; start += size) {
      const group = texts.slice(start, start + size).map((text) => asked(JSON.parse(text)));
      const before = process.cpuUsage();
      for (const request of group) await decide(request);
      const { user, system } = process.cpuUsage(before);
      cpu.push((user + system) / group.length);
      for (const request of group) {
        const started = clock();
        await decide(request);
        walls.push((clock() - started - empties[1000]) / 1000);
      }
    }
  }
  return [cpu, walls].map((found) => found.sort((x, y) => x - y));
}

const texts = work.requests.map((request) => JSON.stringify(request));
const at = (found, share) => found[Math.min(found.length - 1, Math.floor(found.length * share))];
// The first request of each principal about each action.
const firsts = new Map();
for (const request of work.requests) {
  const pair = JSON.stringify([request.principal.arn, request.action]);
  if (!firsts.has(pair)) firsts.set(pair, JSON.stringify(request));
}
const [first] = await timed([...firsts.values()], work.seconds, 1, 1);
const answers = [];
for (const text of texts.slice(0, 100)) {
  answers.push((await decide(asked(JSON.parse(text)))) === "Allowed" ? "allowed" : "denied");
}
const size = Math.min(GROUP, Math.max(1, Math.floor(GROUP_US / at(first, 0.5))));
const [cpu, walls] = await timed(texts, work.seconds, size);
console.log(
  JSON.stringify({
    engine: "iam-simulate",
    version: createRequire(import.meta.url)("./package.json").dependencies["@cloud-copilot/iam-simulate"],
    cpu_us: at(cpu, 0.5),
    p99_us: at(walls, 0.99),
    first_us: at(first, 0.5),
    calls: walls.length,
    answers,
  }),
);
