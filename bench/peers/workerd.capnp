using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(
    name = "main",
    worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
    ),
  )],
  # The address is given on the command line.
  sockets = [(name = "http", http = (), service = "main")],
);
