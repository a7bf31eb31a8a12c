# frozen_string_literal: true

require 'socket'

module LambentRuntime
  # The Runtime API over one kept connection, by hand: net/http costs a start more than the whole runtime. An answer and the
  # request for the next event leave in one write. Never gives up waiting for an event.
  class Api
    PREFIX = '/2018-06-01/runtime/'
    HEAD_MAX = 1 << 20

    # The server is gone, or speaks another language.
    class Gone < IOError; end

    # What the server said: a status, headers named in small letters, and bytes.
    Reply = Struct.new(:status, :headers, :body)

    def initialize(address)
      @address = address
      @next = "GET #{PREFIX}invocation/next HTTP/1.1\r\nHost: #{address}\r\n" \
              "User-Agent: lambent-ruby/#{RUBY_VERSION}\r\n\r\n".b
    end

    # Waits for the next event.
    def next
      connect
      send(@next)
      event
    end

    # Answers an invocation, by `response` or `error`, and waits for the next event.
    def answer_and_next(request_id, route, body, content_type, error_type = nil)
      send(post("invocation/#{request_id}/#{route}", body, content_type, error_type) << @next)
      # 413 and the like are the invocation's end, not the runtime's: the caller is told by the server.
      reply
      event
    rescue SystemCallError, IOError
      # A server that refuses a body may hang up without reading it.
      self.next
    end

    # Reports what ends the process; there is no next event.
    def fail(path, body, error_type)
      connect unless @socket
      send(post(path, body, 'application/json', error_type))
      reply
    end

    private

    def post(path, body, content_type, error_type)
      head = +"POST #{PREFIX}#{path} HTTP/1.1\r\nHost: #{@address}\r\nContent-Type: #{content_type}\r\n"
      head << "Lambda-Runtime-Function-Error-Type: #{error_type}\r\n" if error_type
      (head << "Content-Length: #{body.bytesize}\r\n\r\n").b << body.b
    end

    def connect
      @socket&.close
      host, _, port = @address.rpartition(':')
      @socket = TCPSocket.new(host, Integer(port))
      @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    end

    def send(bytes)
      @socket.write(bytes)
    end

    def event
      event = reply
      return event if event.status == 200

      raise Gone, "it has no next event: #{event.status} #{event.body}"
    end

    def reply
      loop do
        status = line[9, 3].to_i
        headers = {}
        until (header = line).empty?
          name, value = header.split(':', 2)
          headers[name.downcase] = value.strip
        end
        raise Gone, 'it answered in chunks, which this client does not read' if headers.key?('transfer-encoding')

        body = body(headers.fetch('content-length', 0).to_i)
        return Reply.new(status, headers, body) if status >= 200
      end
    end

    def line
      line = @socket.gets("\r\n", HEAD_MAX)
      raise Gone, 'it hung up' unless line&.end_with?("\r\n")

      line.force_encoding(Encoding::UTF_8).chomp!("\r\n")
    end

    def body(length)
      body = length.zero? ? +'' : @socket.read(length)
      raise Gone, 'it hung up' if body.nil? || body.bytesize < length

      body.force_encoding(Encoding::UTF_8)
    end
  end
end
