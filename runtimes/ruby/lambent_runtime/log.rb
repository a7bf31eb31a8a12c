# frozen_string_literal: true

module LambentRuntime
  # Messages to the log: in frames, each one event whatever is in it, where the platform gave a descriptor for them, else
  # as lines of standard output. Never keeps one back.
  module Log
    TEXT = 0xA55A0003
    JSON_TEXT = 0xA55A0002
    # The kinds of frames follow each other by level, four apart.
    LEVELS = { 'TRACE' => 1, 'DEBUG' => 2, 'INFO' => 3, 'WARN' => 4, 'ERROR' => 5, 'FATAL' => 6 }.freeze

    class << self
      # Takes the descriptor out of the environment: it is not the function's.
      def start
        number = ENV.delete('_LAMBDA_TELEMETRY_LOG_FD')
        return unless number

        @frames = IO.for_fd(Integer(number), 'wb').tap { |io| io.sync = true }
        frame_puts
      rescue SystemCallError, ArgumentError
        @frames = nil
      end

      def json?
        ENV.fetch('AWS_LAMBDA_LOG_FORMAT', '').casecmp?('JSON')
      end

      # The least level that is written, as a number of Logger.
      def least
        name = ENV.fetch('AWS_LAMBDA_LOG_LEVEL', '').upcase
        [LEVELS.fetch(name, 2) - 2, 0].max
      end

      # Writes one message.
      def write(text, level = nil)
        return $stdout.write(text.end_with?("\n") ? text : "#{text}\n") unless @frames

        kind = (json? ? JSON_TEXT : TEXT) + 4 * LEVELS.fetch(level, 0)
        micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
        @frames.write([kind, text.bytesize, micros].pack('L>L>Q>') << text.b)
      end

      # Writes what went wrong with the function.
      def failure(title, error)
        response = error.to_lambda_response
        return write(JSON.generate(fields('ERROR', title).merge(response)), 'ERROR') if json?

        write("#{title}\n#{JSON.pretty_generate(response)}")
      end

      # What every record of a JSON log has.
      def fields(level, message)
        time = Time.now.utc.strftime('%Y-%m-%dT%H:%M:%S.%LZ')
        { timestamp: time, level: level, message: message, requestId: $_global_aws_request_id }.compact
      end

      private

      # On AWS all that one `puts` prints is one event.
      def frame_puts
        ::Kernel.module_eval do
          define_method(:puts) { |*lines| Log.write(lines.flatten.map { |line| line.to_s.encode('UTF-8') }.join("\n")) }
          private :puts
        end
      end
    end
  end
end
