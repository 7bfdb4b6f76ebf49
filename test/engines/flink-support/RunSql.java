import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** Submits the statements of a file, one after the other: `RunSql FOLDER_OF_CONFIG FILE.sql [KEY VALUE]…`. */
public class RunSql {
    public static void main(String[] words) throws Exception {
        Configuration configuration = GlobalConfiguration.loadConfiguration(words[0]);
        configuration.setString("execution.target", "remote");
        configuration.setString("execution.attached", "false");
        for (int i = 2; i + 1 < words.length; i += 2) configuration.setString(words[i], words[i + 1]);
        TableEnvironment tables =
            TableEnvironment.create(EnvironmentSettings.newInstance().withConfiguration(configuration).inStreamingMode().build());
        for (String statement : Files.readString(Path.of(words[1])).split(";\\s*\\n")) {
            if (statement.isBlank()) continue;
            tables.executeSql(statement.trim()).getJobClient().ifPresent(job -> System.out.println("job " + job.getJobID()));
        }
    }
}
