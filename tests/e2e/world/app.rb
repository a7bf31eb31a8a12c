# Tells all it can see of its world. Run in a sandbox by test_world.py.

require 'etc'
require 'socket'

def handler(event:, context:)
  {
    environment: ENV.to_h,
    cwd: Dir.pwd,
    argv: File.read('/proc/self/cmdline').chomp("\0").split("\0"),
    uid: Process.uid,
    gid: Process.gid,
    user: Etc.getpwuid.name,
    umask: File.umask,
    'open files': Process.getrlimit(:NOFILE),
    core: Process.getrlimit(:CORE)[0] == Process::RLIM_INFINITY ? -1 : Process.getrlimit(:CORE)[0],
    'processes seen': Dir.children('/proc').grep(/\A\d+\z/).map(&:to_i).sort,
    'own pid': Process.pid,
    root: Dir.children('/').sort,
    dev: Dir.children('/dev').sort,
    writable: event['places'].to_h { |place| [place, writable(place)] },
    tmp: Dir.children('/tmp').sort,
    'tmp size': `df -m /tmp`.lines.last.split[1].to_i,
    hosts: File.read('/etc/hosts'),
    'host name': Socket.gethostname,
    zone: Time.now.zone,
    processors: Etc.nprocessors,
    capabilities: status('CapEff'),
    'no new privileges': status('NoNewPrivs'),
    seccomp: status('Seccomp'),
    cgroup: File.readlines('/proc/self/cgroup', chomp: true).map { |line| line.split(':', 3)[2] }.uniq.sort,
    'module path': $LOAD_PATH,
    'gem path': Gem.path,
    context: context.instance_variables.to_h { |name| [name[1..], context.instance_variable_get(name).to_s] }
  }
end

def writable(place)
  File.write("#{place}/probe", '')
  File.delete("#{place}/probe")
  true
rescue SystemCallError => e
  e.message.split(' @ ').first
end

def status(field)
  File.readlines('/proc/self/status').find { |line| line.start_with?("#{field}:") }.split[1]
end
