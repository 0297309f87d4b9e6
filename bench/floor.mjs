// The floor: one process, ssh2, one connection and one hand-written read of the same facts on every host, all at once.
// Plain JavaScript, so that nothing but the work itself is measured. Argument: a JSON file { hosts: [{ address, port, user }], keyFile, script }.
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const privateKey = readFileSync(job.keyFile);
const algorithms = { cipher: ['aes128-gcm@openssh.com'], kex: ['curve25519-sha256'] };

function read({ address, port, user }) {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.once('error', reject);
    client.once('ready', () => {
      client.setNoDelay(true);
      client.exec('exec /bin/sh -s', (error, channel) => {
        if (error) return reject(error);
        let bytes = 0;
        channel.on('data', (chunk) => {
          bytes += chunk.length;
        });
        channel.stderr.resume();
        channel.once('close', () => {
          client.end();
          resolve(bytes);
        });
        channel.end(job.script);
      });
    });
    client.connect({ host: address, port, username: user, privateKey, algorithms });
  });
}

const bytes = await Promise.all(job.hosts.map(read));
console.log(JSON.stringify({ hosts: bytes.length, bytes: bytes.reduce((sum, each) => sum + each, 0) }));
