import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessSpec;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.util.config.memory.taskmanager.TaskExecutorFlinkMemory;

/** What Flink's own classes make of a configuration: reads `taskmanager KEY=VALUE …` a line, answers `name=bytes …` or `refused: why` a line. */
public class MemoryRules {
    public static void main(String[] words) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder answers = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String answer;
            try {
                String[] parts = line.trim().split(" ");
                Configuration configuration = new Configuration();
                for (int i = 1; i < parts.length; i++) {
                    int equals = parts[i].indexOf('=');
                    configuration.setString(parts[i].substring(0, equals), parts[i].substring(equals + 1));
                }
                answer = parts[0].equals("taskmanager") ? taskManager(configuration) : jobManager(configuration);
            } catch (RuntimeException refused) {
                answer = "refused: " + String.valueOf(refused.getMessage()).replace('\n', ' ');
            }
            answers.append(answer).append('\n');
        }
        System.out.print(answers);
    }

    private static String taskManager(Configuration configuration) {
        TaskExecutorProcessSpec spec = TaskExecutorProcessUtils.processSpecFromConfig(configuration);
        TaskExecutorFlinkMemory flink = spec.getFlinkMemory();
        return "frameworkHeap=" + bytes(flink.getFrameworkHeap()) + " frameworkOffHeap=" + bytes(flink.getFrameworkOffHeap())
            + " taskHeap=" + bytes(flink.getTaskHeap()) + " taskOffHeap=" + bytes(flink.getTaskOffHeap())
            + " network=" + bytes(flink.getNetwork()) + " managed=" + bytes(flink.getManaged())
            + " flink=" + bytes(spec.getTotalFlinkMemorySize()) + " metaspace=" + bytes(spec.getJvmMetaspaceSize())
            + " overhead=" + bytes(spec.getJvmOverheadSize()) + " process=" + bytes(spec.getTotalProcessMemorySize())
            + " cpuCores=" + spec.getCpuCores().getValue().toPlainString()
            + " heap=" + bytes(spec.getJvmHeapMemorySize()) + " direct=" + bytes(spec.getJvmDirectMemorySize());
    }

    private static String jobManager(Configuration configuration) {
        JobManagerProcessSpec spec =
            JobManagerProcessUtils.processSpecFromConfigWithNewOptionToInterpretLegacyHeap(configuration, JobManagerOptions.JVM_HEAP_MEMORY);
        return "heap=" + bytes(spec.getJvmHeapMemorySize()) + " offHeap=" + bytes(spec.getJvmDirectMemorySize())
            + " flink=" + bytes(spec.getTotalFlinkMemorySize()) + " metaspace=" + bytes(spec.getJvmMetaspaceSize())
            + " overhead=" + bytes(spec.getJvmOverheadSize()) + " process=" + bytes(spec.getTotalProcessMemorySize());
    }

    private static long bytes(MemorySize size) {
        return size.getBytes();
    }
}
