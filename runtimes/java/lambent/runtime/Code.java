package lambent.runtime;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where classes of the function are looked for, in AWS's order: the runtime's own interfaces, the folder of the function,
 * the jars of its {@code lib}, the jars of layers.
 */
final class Code {
    private static final String LAYERS = "/opt/java/lib";

    private Code() {}

    static URLClassLoader loader() throws MalformedURLException {
        String root = System.getenv("LAMBDA_TASK_ROOT");
        File task = new File(root == null ? "/var/task" : root);
        List<URL> path = new ArrayList<>();
        // With a slash at its end, though it need not be there: else it would be taken for a jar.
        path.add(new URL("file", "", task.toURI().getPath().endsWith("/") ? task.toURI().getPath() : task.toURI().getPath() + "/"));
        addJars(path, new File(task, "lib"));
        addJars(path, new File(LAYERS));
        return new URLClassLoader(path.toArray(new URL[0]), Code.class.getClassLoader());
    }

    /** In the order of their names, so that every start finds the same class. */
    private static void addJars(List<URL> path, File folder) throws MalformedURLException {
        String[] names = folder.list();
        if (names == null) return;
        Arrays.sort(names);
        for (String name : names) {
            if (name.endsWith(".jar")) path.add(new File(folder, name).toURI().toURL());
        }
    }
}
