import type { IpvsName, IpvsServer } from './ipvs-fact.ts';

/** Changes to the kernel's table of virtual services. What is there is edited, so that its connections live on. */
export type IpvsAction =
  | {
      readonly kind: 'setIpvsService';
      readonly service: IpvsName;
      readonly scheduler: string;
      /** Seconds; null: not persistent. */
      readonly persistentSec: number | null;
    }
  /** Its real servers go with it. */
  | { readonly kind: 'removeIpvsService'; readonly service: IpvsName }
  | { readonly kind: 'setIpvsServer'; readonly service: IpvsName; readonly server: IpvsServer }
  | { readonly kind: 'removeIpvsServer'; readonly service: IpvsName; readonly address: string; readonly port: number }
  /** Sets the weight of a real server that is there, and nothing else of it. */
  | { readonly kind: 'setIpvsWeight'; readonly service: IpvsName; readonly server: IpvsServer }
  | DrainIpvsServer;

/** Waits until a real server has no active connections. */
export interface DrainIpvsServer {
  readonly kind: 'drainIpvsServer';
  readonly service: IpvsName;
  readonly address: string;
  readonly port: number;
  readonly deadlineMs: number;
  readonly ifNotDrained: 'fail' | 'go-on';
}
