import com.amazonaws.services.lambda.runtime.Context;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Tells all it can see of its world. Run in a sandbox by test_world.py. */
public class App {
    public Map<String, Object> handler(Map<String, List<String>> event, Context context) throws IOException {
        Map<String, Object> world = new LinkedHashMap<>();
        world.put("environment", System.getenv());
        world.put("cwd", System.getProperty("user.dir"));
        world.put("argv", read("/proc/self/cmdline").split("\0"));
        world.put("uid", Files.getAttribute(Paths.get("/proc/self"), "unix:uid"));
        world.put("gid", Files.getAttribute(Paths.get("/proc/self"), "unix:gid"));
        world.put("user", System.getProperty("user.name"));
        world.put("umask", Integer.parseInt(line("/proc/self/status", "Umask")[0], 8));
        world.put("open files", limit("Max open files"));
        world.put("core", limit("Max core file size").get(0));
        TreeSet<Long> processes = new TreeSet<>();
        for (String name : names("/proc")) if (name.matches("\\d+")) processes.add(Long.parseLong(name));
        world.put("processes seen", processes);
        world.put("own pid", Integer.parseInt(line("/proc/self/status", "Pid")[0]));
        world.put("root", names("/"));
        world.put("dev", names("/dev"));
        Map<String, Object> writable = new LinkedHashMap<>();
        for (String place : event.get("places")) writable.put(place, writable(place));
        world.put("writable", writable);
        world.put("tmp", names("/tmp"));
        world.put("tmp size", Files.getFileStore(Paths.get("/tmp")).getTotalSpace() >> 20);
        world.put("hosts", read("/etc/hosts"));
        world.put("host name", read("/proc/sys/kernel/hostname").trim());
        world.put("zone", ZoneId.systemDefault().getId());
        world.put("processors", Runtime.getRuntime().availableProcessors());
        world.put("capabilities", line("/proc/self/status", "CapEff")[0]);
        world.put("no new privileges", line("/proc/self/status", "NoNewPrivs")[0]);
        world.put("seccomp", line("/proc/self/status", "Seccomp")[0]);
        TreeSet<String> cgroups = new TreeSet<>();
        for (String cgroup : read("/proc/self/cgroup").trim().split("\n")) cgroups.add(cgroup.split(":", 3)[2]);
        world.put("cgroup", cgroups);
        world.put("trace", System.getProperty("com.amazonaws.xray.traceHeader"));
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("awsRequestId", context.getAwsRequestId());
        told.put("functionName", context.getFunctionName());
        told.put("functionVersion", context.getFunctionVersion());
        told.put("memoryLimitInMB", String.valueOf(context.getMemoryLimitInMB()));
        told.put("logGroupName", context.getLogGroupName());
        world.put("context", told);
        return world;
    }

    private static String read(String path) throws IOException {
        return new String(Files.readAllBytes(Paths.get(path)));
    }

    private static TreeSet<String> names(String folder) {
        return new TreeSet<>(Arrays.asList(Paths.get(folder).toFile().list()));
    }

    private static String[] line(String path, String start) throws IOException {
        for (String line : read(path).split("\n")) {
            if (line.startsWith(start)) return line.substring(start.length()).replaceFirst("^:", "").trim().split("\\s+");
        }
        throw new IOException(start);
    }

    private static List<Integer> limit(String name) throws IOException {
        String[] limits = line("/proc/self/limits", name);
        List<Integer> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) both.add(limits[i].equals("unlimited") ? -1 : Integer.parseInt(limits[i]));
        return both;
    }

    private static Object writable(String place) {
        Path probe = Paths.get(place, "probe");
        try {
            Files.write(probe, new byte[0]);
            Files.delete(probe);
            return true;
        } catch (FileSystemException refused) {
            return refused.getReason() == null ? "No such file or directory" : refused.getReason();
        } catch (IOException other) {
            return other.toString();
        }
    }
}
