// Listens for webhooks with Zoom's own receiver, which checks signatures and URL validation itself.
//
// argv: secret, event names ...; stdout: a line with the port, then one JSON line per event taken.
// Ends when stdin does.
import { HttpReceiver } from "@zoom/rivet/meetings";

const [secret, ...names] = process.argv.slice(2);
const receiver = new HttpReceiver({ port: 0, webhooksSecretToken: secret });
const taken = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
receiver.init({
  eventEmitter: { emit: async (name, event) => names.includes(name) && taken(event) },
});
const server = await receiver.start();
process.stdout.write(`${server.address().port}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
