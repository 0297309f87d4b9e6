import { type BaseFacts, defineRole, directory, file, link, pkg, type Step, service } from 'drover';
import { checkKickstart } from './kickstart-check.ts';
import { type Params, params } from './params.ts';
import { PARTS_FILE } from './pre-script.ts';
import { diskLines, renderArgs, renderKickstart } from './render.ts';
import { renderSite, type Server, serverOf } from './site.ts';

/** A kickstart file that puts a GPT label on one blank disk of any size, published by HTTP from an install host. */
export default defineRole({
  name: 'gpt-kickstart',
  description: 'A kickstart file that labels one blank disk GPT, whatever its size, and an HTTP server that hands it out',
  platforms: [
    { family: 'debian', minVersion: 10 },
    { family: 'redhat', minVersion: 7 },
  ],
  params,
  steps({ params: given, facts }) {
    const text = renderKickstart(given);
    const problems = checkKickstart(text, { ...given, includes: { [PARTS_FILE]: diskLines(given).join('\n') } });
    if (problems.length > 0) {
      return { refused: `${given.name}.ks: ${problems.map(({ line, message }) => `line ${line}: ${message}`).join('; ')}` };
    }
    const server = serverOf(facts);
    return {
      steps: [
        ...(given.serve ? [pkg({ name: 'nginx' })] : []),
        ...files(given, { server, text }),
        ...(given.serve ? serving(given, { server, facts }) : []),
      ],
      handlers: given.serve ? { 'reload nginx': service({ name: 'nginx', state: 'reloaded' }) } : {},
    };
  },
});

/** Readable for root and the web server: the kickstart holds the root password's hash. */
function files({ name, group, serve, directory: chosen, ...rest }: Params, { server, text }: { server: Server; text: string }): Step[] {
  const folder = chosen ?? server.directory;
  const owned = { owner: 'root', group: group ?? (serve ? server.group : 'root') };
  return [
    directory({ path: folder, parents: true, mode: '0750', ...owned }),
    file({ path: `${folder}/${name}.ks`, content: text, mode: '0640', ...owned }),
    file({
      path: `${folder}/${name}.args`,
      content: renderArgs({ name, group, serve, directory: chosen, ...rest }),
      mode: '0640',
      ...owned,
    }),
  ];
}

function serving(given: Params, { server, facts }: { server: Server; facts: BaseFacts }): Step[] {
  const hasIpv6 = facts.addresses.some(({ family }) => family === 'ipv6');
  const site = renderSite(given, given.directory ?? server.directory, hasIpv6);
  const notify = 'reload nginx';
  return [
    file({ path: server.siteFile, content: site, mode: '0644', owner: 'root', group: 'root', notify }),
    ...(server.siteLink === null ? [] : [link({ path: server.siteLink, target: server.siteFile, notify })]),
    service({ name: 'nginx', state: 'running', enabled: true }),
  ];
}
