import type { FactKind } from '../model/fact.ts';
import { addressReader } from './address.ts';
import { diskReader } from './disk.ts';
import { fileReader } from './file.ts';
import { groupReader } from './group.ts';
import { guardReader } from './guard.ts';
import { interfaceReader } from './interface.ts';
import { ipvsReader } from './ipvs.ts';
import { kernelParameterReader } from './kernel-parameter.ts';
import { moduleReader } from './module.ts';
import { moduleConfigReader } from './module-config.ts';
import { noticeReader } from './notice.ts';
import { packageReader } from './package.ts';
import { postfixReader } from './postfix.ts';
import type { FactReader } from './reader.ts';
import { routeReader } from './route.ts';
import { serviceReader } from './service.ts';
import { sysctlReader } from './sysctl.ts';
import { sysfsReader } from './sysfs.ts';
import { userReader } from './user.ts';

/** The reader of every kind of fact, in the order in which they are read. */
export const factReaders: { readonly [K in FactKind]: FactReader<K> } = {
  file: fileReader,
  package: packageReader,
  service: serviceReader,
  user: userReader,
  group: groupReader,
  sysctl: sysctlReader,
  address: addressReader,
  interface: interfaceReader,
  route: routeReader,
  disk: diskReader,
  sysfs: sysfsReader,
  ipvs: ipvsReader,
  module: moduleReader,
  moduleConfig: moduleConfigReader,
  kernelParameter: kernelParameterReader,
  postfix: postfixReader,
  notice: noticeReader,
  guard: guardReader,
};
