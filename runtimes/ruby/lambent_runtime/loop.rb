# frozen_string_literal: true

require_relative 'api'
require_relative 'context'
require_relative 'handler'
require_relative 'log'
require_relative 'logger'

module LambentRuntime
  # The life of the runtime: find the handler, then event after event. Never outlives a lost Runtime API.
  class Loop
    # What the process ends with, as numbers of a byte: AWS's -4 and -1.
    INIT_FAILED = 252
    CRITICAL = 255

    def initialize(address)
      @api = Api.new(address)
    end

    # Serves invocations until the process ends.
    def run
      $stdout.sync = true
      Log.start
      ::Logger.prepend(LoggerPatch)
      load_function
      event = @api.next
      event = handle(event) while event
    rescue Api::Gone, SystemCallError => e
      warn "the Runtime API is of no use any more: #{e.message}"
      exit!(1)
    end

    private

    def load_function
      name = ENV.fetch('_HANDLER', '')
      root = ENV.fetch('LAMBDA_TASK_ROOT', '/var/task')
      $LOAD_PATH.unshift(root) unless $LOAD_PATH.include?(root)
      @handler = Handler.new(name)
      require @handler.file
    rescue Exception => e
      fail_init(InitError.new(e), name)
    end

    def fail_init(error, name)
      Log.failure("Init error when loading handler #{name}", error)
      @api.fail('init/error', JSON.generate(error.to_lambda_response), error.metric_type)
      exit(INIT_FAILED)
    end

    # Handles one invocation and waits for the next.
    def handle(event)
      headers = event.headers
      id = headers['lambda-runtime-aws-request-id']
      $_global_aws_request_id = id
      ENV['_X_AMZN_TRACE_ID'] = headers['lambda-runtime-trace-id']
      body, type = call(event)
      @api.answer_and_next(id, 'response', body, type)
    rescue HandlerError => e
      Log.failure('Error raised from handler method', e)
      @api.answer_and_next(id, 'error', JSON.generate(e.to_lambda_response), 'application/json', e.metric_type)
    rescue CriticalError => e
      Log.failure('Critical exception from handler', e)
      @api.fail("invocation/#{id}/error", JSON.generate(e.to_lambda_response), e.metric_type)
      exit(CRITICAL)
    end

    def call(event)
      input = event.body
      input = JSON.parse(input) if event.headers.fetch('content-type', 'application/json') == 'application/json'
      @handler.call(input, LambdaContext.new(event.headers))
    rescue JSON::ParserError => e
      raise HandlerError, e
    end
  end
end
