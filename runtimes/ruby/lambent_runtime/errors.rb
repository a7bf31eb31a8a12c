# frozen_string_literal: true

module LambentRuntime
  # What went wrong with a function, as callers and logs are told.
  class Error < StandardError
    FRAMES_MAX = 100
    # The runtime's own frames end a stack: the function has nothing to do with what called it.
    OWN = "#{__dir__}/"
    # Errors of Ruby itself, which metrics tell by their names.
    STANDARD = %w[
      ArgumentError EncodingError EOFError FiberError FloatDomainError FrozenError IndexError Interrupt IOError KeyError
      LoadError LocalJumpError NameError NoMatchingPatternError NoMatchingPatternKeyError NoMemoryError NoMethodError
      NotImplementedError RangeError RegexpError RuntimeError ScriptError SecurityError SignalException StandardError
      StopIteration SyntaxError SystemCallError SystemExit SystemStackError ThreadError TypeError UncaughtThrowError
      ZeroDivisionError
    ].freeze

    def initialize(original, classification = 'Function')
      @name = original.class.to_s
      @classification = classification
      @original = original
      super(original.message)
    end

    # The type that metrics know the error by.
    def metric_type
      STANDARD.include?(@name) ? type : "#{@classification}<UserException>"
    end

    # What the caller is told.
    def to_lambda_response
      { errorMessage: text(message), errorType: type, stackTrace: trace }
    end

    private

    def type
      "#{@classification}<#{@name}>"
    end

    def trace
      frames = @original.backtrace || []
      frames = frames.first(FRAMES_MAX).take_while { |frame| !frame.start_with?(OWN) && !frame.start_with?('lib') }
      frames.map { |frame| text(frame) }
    end

    # JSON has no other letters than Unicode's.
    def text(value)
      value = value.encode(Encoding::UTF_8) if value.encoding != Encoding::UTF_8
      value.scrub
    rescue EncodingError
      value.b.force_encoding(Encoding::UTF_8).scrub
    end
  end

  # The function raised; the next invocation may go better.
  class HandlerError < Error; end

  # The function is wrong, or the process cannot be relied on any more.
  class CriticalError < Error; end

  # The function does not load.
  class InitError < Error
    def initialize(original)
      super(original, 'Init')
    end
  end
end
