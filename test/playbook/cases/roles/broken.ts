const wanted: string = 'a role';

throw new Error(`this is not ${wanted}`);

export default 1;
