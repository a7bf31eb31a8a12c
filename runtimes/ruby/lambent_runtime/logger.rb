# frozen_string_literal: true

require 'json'
require 'logger'
require_relative 'log'

module LambentRuntime
  # What a `Logger` to standard output writes to.
  class LogDevice
    # One message is one event.
    def write(text)
      Log.write(text, Thread.current[:lambent_level])
    end

    def close; end
  end

  # Records as AWS writes them: Ruby's own form with the id of the invocation.
  class TextFormatter < ::Logger::Formatter
    FORM = '%<letter>s, [%<time>s #%<process>d] %<severity>5s %<id>s -- %<program>s: %<message>s'

    def call(severity, time, program, message)
      format(FORM, letter: severity[0], time: format_datetime(time), process: Process.pid, severity: severity,
                   id: $_global_aws_request_id, program: program, message: msg2str(message)).encode('UTF-8')
    end
  end

  # Records as JSON, one object each.
  class JsonFormatter < ::Logger::Formatter
    def call(severity, _time, program, message)
      fields = Log.fields(severity, message.is_a?(Hash) ? message : text(message))
      fields[:progname] = program if program
      fields.merge!(failure(message)) if message.is_a?(Exception)
      JSON.generate(fields)
    end

    private

    def text(message)
      message.is_a?(Exception) ? message.message : msg2str(message)
    end

    def failure(error)
      { errorType: error.class.to_s, errorMessage: error.message, stackTrace: error.backtrace }.compact
    end
  end

  # Turns loggers to standard output into loggers to the log.
  module LoggerPatch
    def initialize(device, *arguments, **options)
      return super unless [$stdout, $stderr, STDOUT, STDERR].any? { |standard| device.equal?(standard) }

      options[:formatter] ||= Log.json? ? JsonFormatter.new : TextFormatter.new
      options[:level] ||= Log.least
      super(LogDevice.new, *arguments, **options)
    end

    private

    # Tells the device how grave the message is that it is given next.
    def format_message(severity, *rest)
      Thread.current[:lambent_level] = severity
      super
    end
  end
end
