import { type BaseFacts, command, defineRole, kernelModule, moduleOptions, pkg, reboot, type Step, service, verify } from 'drover';
import { hasInterfaces, hasSensors, knowsParameters, needsNoReboot, needsNoReload, reload } from './checks.ts';
import { driverOptions } from './driver-options.ts';
import { type IpmiParams, params } from './params.ts';

/** The driver of the BMC is told where its interfaces are, where the firmware says something wrong. */
export default defineRole({
  name: 'ipmi-ports',
  description: 'The IPMI driver finds a BMC whose address the firmware’s tables have wrong: options, modules, service, proof by ipmitool',
  platforms: [
    { family: 'debian', minVersion: 10 },
    { family: 'redhat', minVersion: 5 },
  ],
  params,
  steps: ({ params: wanted, facts, allow }) => ({
    // The driver comes before the packages: their services would start it without its options.
    steps: [...driver(wanted, allow.reboot), ...tools(facts)],
    proofs: proofs(wanted),
  }),
});

function driver(wanted: IpmiParams, rebootAllowed: boolean): Step[] {
  const { placement, disableDiscovery } = wanted;
  const known = command({ name: 'parameters of ipmi_si', command: knowsParameters(['trydmi', 'tryacpi']), readOnly: true });
  return [
    ...(disableDiscovery ? [known] : []),
    moduleOptions({ module: 'ipmi_si', options: driverOptions(wanted), placement }),
    command({ name: 'load the driver anew', command: reload(wanted), unless: needsNoReload(wanted) }),
    reboot({
      unless: needsNoReboot(wanted),
      because: 'for the parameters of ipmi_si',
      allowed: rebootAllowed,
    }),
    // modprobe.d has no parameters for it then: the command has loaded it with them.
    kernelModule({ name: 'ipmi_si', loaded: placement === 'cmdline' ? null : true, atBoot: true }),
    kernelModule({ name: 'ipmi_devintf' }),
  ];
}

function tools({ os }: BaseFacts): Step[] {
  const [library, unit] = os.family === 'debian' ? ['openipmi', 'openipmi'] : ['OpenIPMI', 'ipmi'];
  return [pkg({ names: ['ipmitool', library] }), service({ name: unit, state: 'running', enabled: true })];
}

/** The service says OK and modprobe returns 0 also when there is no device, so the driver and the BMC are asked themselves. */
function proofs(wanted: IpmiParams): Step[] {
  const onlyIf = { onlyIf: needsNoReboot(wanted), reason: 'a reboot is required before the driver can find the BMC' };
  const { expectSensors } = wanted;
  return [
    verify({ name: 'the driver has its interfaces', command: hasInterfaces(wanted), ...onlyIf }),
    verify({ name: 'ipmitool chassis status', command: ['ipmitool', 'chassis', 'status'], ...onlyIf }),
    ...(expectSensors.length === 0 ? [] : [verify({ name: 'sensors', command: hasSensors(expectSensors), ...onlyIf })]),
  ];
}
