import java.nio.charset.StandardCharsets;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Runs the statements on standard input, with a NUL between, one after the other: `SubmitSql FOLDER_OF_CONFIG [KEY VALUE]…`. Statements have
 * passwords in them, so they are in no argument and no file. Ends when the JobManager has the job that one of them starts.
 */
public class SubmitSql {
    public static void main(String[] words) throws Exception {
        Configuration configuration = GlobalConfiguration.loadConfiguration(words[0]);
        configuration.setString("execution.target", "remote");
        configuration.setString("execution.attached", "false");
        for (int i = 1; i + 1 < words.length; i += 2) configuration.setString(words[i], words[i + 1]);
        TableEnvironment tables =
            TableEnvironment.create(EnvironmentSettings.newInstance().withConfiguration(configuration).inStreamingMode().build());
        for (String statement : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\0"))
            tables.executeSql(statement).getJobClient().ifPresent(job -> System.out.println("job " + job.getJobID()));
        // Threads of the client would keep it for a while.
        System.exit(0);
    }
}
