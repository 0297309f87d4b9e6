export default { name: 'other' };
