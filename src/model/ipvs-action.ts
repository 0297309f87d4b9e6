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
  | { readonly kind: 'removeIpvsServer'; readonly service: IpvsName; readonly address: string; readonly port: number };
