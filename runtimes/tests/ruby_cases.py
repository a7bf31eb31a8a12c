"""What Ruby functions are given and answer: the files, the handler, the event, the answer."""

MODULES = "module A; class B; def self.run(event:, context:) = { x: event }; end; end\n"
METHOD = "def handler(event:, context:)\n  {}\nend\n"

ANSWERS = [
    ({"a.rb": "def handler(event:, context:) = event"}, "a.handler", {"é": [1, 1.5, None, True]}, {"é": [1, 1.5, None, True]}),
    ({"dir/a.rb": "def handler(event:, context:) = nil"}, "dir/a.handler", 1, None),
    ({"a.rb": MODULES}, "a.A::B.run", "x", {"x": "x"}),
    ({"a.rb": "class C; def self.call(event:, context:) = :symbol; end"}, "a.C.call", 1, "symbol"),
    ({"a.rb": "def call(event:, context:) = [self.class, 1r, Time.at(0).utc]"}, "a.call", 1, ["Object", "1/1", "1970-01-01 00:00:00 UTC"]),
    ({"a.rb": "require 'b'\ndef h(event:, context:) = B", "b.rb": "B = [1]"}, "a.h", 1, [1]),
    ({"a.rb": "def h(event:, context:, more: 2) = more"}, "a.h", 1, 2),
]

# The function raises: the body of its method, the type and the message told, and whether the process ends.
RAISED = [
    ("raise 'oops'", "Function<RuntimeError>", "oops", False),
    ("Integer('x')", "Function<ArgumentError>", 'invalid value for Integer(): "x"', False),
    ("raise Class.new(StandardError) { def self.name = 'Mine' }, 'm'", None, "m", False),
    ("Float::NAN", "Function<JSON::GeneratorError>", None, False),
    ("nobody_here", "Function<NameError>", None, True),
    ("nil.nothing", "Function<NoMethodError>", None, True),
    ("exit 5", "Function<SystemExit>", "exit", True),
    ("raise Interrupt", "Function<Interrupt>", None, True),
    ("raise NotImplementedError", "Function<NotImplementedError>", "NotImplementedError", True),
    ("def deep = deep\n  deep", "Function<SystemStackError>", "stack level too deep", True),
]

# The function does not load.
UNLOADED = [
    ({"a.rb": "require 'nope'"}, "a.h", "Init<LoadError>", "cannot load such file -- nope"),
    ({}, "a.h", "Init<LoadError>", "cannot load such file -- a"),
    ({"a.rb": "raise 'early'"}, "a.h", "Init<RuntimeError>", "early"),
    ({"a.rb": "def ("}, "a.h", "Init<SyntaxError>", None),
    ({"a.rb": "exit 7"}, "a.h", "Init<SystemExit>", "exit"),
    ({"a.rb": METHOD}, "a", "Init<ArgumentError>", 'Invalid handler ["a"], must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where'),
    ({"a.rb": METHOD}, "a.b.c.d", "Init<ArgumentError>", 'Invalid handler ["a", "b", "c", "d"], must be of form'),
]

LOGS = """
require 'logger'
LOGGER = Logger.new($stdout)
def handler(event:, context:)
  puts "printed é"
  LOGGER.debug('least')
  LOGGER.info('two
lines')
  LOGGER.warn(RuntimeError.new('wrong'))
  LOGGER.error('named') { 'block' }
  Logger.new($stderr, level: Logger::FATAL, formatter: ->(*, message) { "own #{message}" }).fatal('x')
  Logger.new('/dev/null').info('elsewhere')
  $stderr.puts 'to err'
  ENV['_X_AMZN_TRACE_ID']
end
"""

CONTEXT = """
def handler(event:, context:)
  [context.class, context.aws_request_id.size, context.log_group_name, context.log_stream_name, context.function_name,
   context.function_version, context.invoked_function_arn, context.memory_limit_in_mb,
   context.get_remaining_time_in_millis > 0, context.deadline_ms, context.identity, context.client_context,
   context.tenant_id]
end
"""
