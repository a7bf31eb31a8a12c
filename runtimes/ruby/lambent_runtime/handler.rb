# frozen_string_literal: true

require 'json'
require 'stringio'
require_relative 'errors'

module LambentRuntime
  # From the name of a handler to its call: `file.method` or `file.Class.method`.
  class Handler
    attr_reader :file

    def initialize(name)
      # Methods that a file defines outside of any class are everybody's; what they keep in instance variables lasts.
      @receiver = Object.new
      parts = name.split('.')
      case parts.size
      when 2 then @file, @method = parts
      when 3 then @file, @class, @method = parts
      else raise ArgumentError, malformed(parts)
      end
    end

    # Calls the function; returns the bytes of its answer and their type.
    def call(event, context)
      arguments = { event: event, context: context }
      receiver = @class ? Kernel.const_get(@class) : @receiver
      marshal(receiver.__send__(@method, **arguments))
    rescue NameError => e
      raise CriticalError, e
    rescue StandardError => e
      raise HandlerError, e
    rescue Exception => e
      raise CriticalError, e
    end

    private

    def marshal(result)
      case result
      when StringIO, IO then [result.read, 'application/unknown']
      else [JSON.generate(result), 'application/json']
      end
    end

    def malformed(parts)
      "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where FILENAME corresponds " \
        'with an existing Ruby source file FILENAME.rb, CLASS is an optional module/class namespace and METHOD is a ' \
        'callable method. If using CLASS, METHOD must be a class-level method.'
    end
  end
end
