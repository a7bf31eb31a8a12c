# frozen_string_literal: true

# Starts the Ruby runtime of a sandbox; all it does is in lambent_runtime.

require_relative 'lambent_runtime/loop'

LambentRuntime::Loop.new(ENV.fetch('AWS_LAMBDA_RUNTIME_API')).run
