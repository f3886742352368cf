/// <reference types="node" />
// Plain JavaScript, so that every Node can read it: an old one cannot load a .ts file, and would say so in riddles.
// `npm start` loads it before anything else (node --import).

import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);

// The oldest that runs TypeScript as it is and has all that is used; the same as `engines` in package.json.
if (major < 24 || (major === 24 && minor < 18)) {
  process.stderr.write(
    `This program needs Node 24.18 or later; this is ${process.versions.node} (${process.execPath}).\n` +
      'Run `npm ci` without leaving out optional dependencies: it brings the right Node along for this folder.\n' +
      'On a platform it has none for, install Node 26 from https://nodejs.org.\n',
  );
  process.exit(1);
}

// Unless it is told so, graphql looks at every value of an answer twice, for mistakes of whoever writes the program.
process.env.NODE_ENV ??= 'production';
