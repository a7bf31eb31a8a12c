// Starts the Node.js runtime for whoever names an ES module; `node bootstrap.cjs` is 6 ms faster to start.
import './bootstrap.cjs';
