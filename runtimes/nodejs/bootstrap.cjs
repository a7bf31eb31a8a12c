'use strict';
// Starts the Node.js runtime of a sandbox; all it does is in lambent/.

require('./lambent/loop.cjs').run();
