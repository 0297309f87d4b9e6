import { register } from 'node:module';

/**
 * Runs in Node's loader thread. `drover` in a user's module is the running drover, so both share one instance;
 * `zod` is drover's own where the user's folder has none; and `.ts` and `.js` files are modules even without a package.json that says so.
 */
const HOOKS = `
let drover;
export function initialize(data) { drover = data.droverUrl; }
export async function resolve(specifier, context, next) {
  if (specifier === 'drover') return next(drover, context);
  if (specifier === 'zod') return next(specifier, context).catch(() => next(specifier, { ...context, parentURL: drover }));
  const found = await next(specifier, context);
  const path = found.url.split('?')[0];
  const isOurs = path.startsWith('file:') && /\\.[jt]s$/.test(path) && !path.includes('/node_modules/');
  return isOurs && found.format !== 'module' && context.conditions.includes('import') ? { ...found, format: 'module' } : found;
}`;

const registered = { droverUrl: '', tsx: false };

/** Registers the hooks once for the process; a later call with another address is a defect and throws. */
export function registerHooks(droverUrl: string): void {
  if (registered.droverUrl === droverUrl) return;
  if (registered.droverUrl !== '') throw new Error(`drover is already loaded from ${registered.droverUrl}`);
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data: { droverUrl } });
  registered.droverUrl = droverUrl;
}

/** Lets the process import TypeScript; costs about 0.1 s, so it is called only when a TypeScript file is loaded. */
export async function registerTypeScript(): Promise<void> {
  if (registered.tsx) return;
  registered.tsx = true;
  const tsx = await import('tsx/esm/api');
  tsx.register();
}
