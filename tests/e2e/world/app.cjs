'use strict';
// Tells all it can see of its world. Run in a sandbox by test_world.py.

const fs = require('fs');
const os = require('os');

exports.handler = async (event, context) => ({
  environment: { ...process.env },
  cwd: process.cwd(),
  argv: fs.readFileSync('/proc/self/cmdline', 'utf8').replace(/\0$/, '').split('\0'),
  uid: process.getuid(),
  gid: process.getgid(),
  user: os.userInfo().username,
  umask: process.umask(),
  'open files': limit('Max open files'),
  core: limit('Max core file size')[0],
  'processes seen': fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number),
  'own pid': process.pid,
  root: fs.readdirSync('/').sort(),
  dev: fs.readdirSync('/dev').sort(),
  writable: Object.fromEntries(event.places.map((place) => [place, writable(place)])),
  tmp: fs.readdirSync('/tmp'),
  'tmp size': Math.floor((fs.statfsSync('/tmp').blocks * fs.statfsSync('/tmp').bsize) / 2 ** 20),
  hosts: fs.readFileSync('/etc/hosts', 'utf8'),
  'host name': os.hostname(),
  zone: new Date().toString().includes('GMT+0000') ? 'UTC' : 'other',
  processors: os.availableParallelism(),
  capabilities: status('CapEff'),
  'no new privileges': status('NoNewPrivs'),
  seccomp: status('Seccomp'),
  cgroup: [...new Set(fs.readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n').map((l) => l.split(':')[2]))],
  'module path': require('module').globalPaths,
  context: Object.fromEntries(Object.entries(context).filter(([, value]) => typeof value !== 'function')),
});

function limit(name) {
  const line = fs.readFileSync('/proc/self/limits', 'utf8').split('\n').find((l) => l.startsWith(name));
  return line.slice(name.length).trim().split(/\s+/).slice(0, 2).map((limit) => (limit === 'unlimited' ? -1 : Number(limit)));
}

function writable(place) {
  try {
    fs.writeFileSync(place + '/probe', '');
    fs.unlinkSync(place + '/probe');
    return true;
  } catch (error) {
    return os.constants && { EROFS: 'Read-only file system', ENOENT: 'No such file or directory' }[error.code];
  }
}

function status(field) {
  return fs.readFileSync('/proc/self/status', 'utf8').split('\n').find((l) => l.startsWith(field + ':')).split(/\s+/)[1];
}
