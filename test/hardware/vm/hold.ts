import { bootHardware } from './boot.ts';
import { hardwareImage } from './image.ts';

/** A process that boots the lab, says how test runs find it, and keeps it until the process ends. */
const image = await hardwareImage();
const { data } = await bootHardware(image, (line) => void process.stderr.write(`${line}\n`));
process.stdout.write(`DROVER_HARDWARE_LAB=${data.directory}/lab.json npm run test:hardware\n`);
setInterval(() => undefined, 60_000);
