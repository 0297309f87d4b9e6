export const role = 'motd';
