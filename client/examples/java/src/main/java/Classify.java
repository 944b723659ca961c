import com.google.protobuf.ByteString;
import io.avocet.v1.ClassScore;
import io.avocet.v1.ClassifierGrpc;
import io.avocet.v1.ClassifyRequest;
import io.avocet.v1.ImageResult;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Prints the five most probable classes of an image: Classify FILE [HOST:PORT]. */
public final class Classify {
  public static void main(String[] arguments) throws Exception {
    String server = arguments.length > 1 ? arguments[1] : "localhost:50051";
    ManagedChannel channel =
        Grpc.newChannelBuilder(server, InsecureChannelCredentials.create()).build();
    try {
      ImageResult result =
          ClassifierGrpc.newBlockingStub(channel)
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .classify(
                  ClassifyRequest.newBuilder()
                      .addImages(ByteString.copyFrom(Files.readAllBytes(Path.of(arguments[0]))))
                      .setTopK(5)
                      .build())
              .getResults(0);
      if (result.hasError()) {
        throw new IllegalArgumentException(arguments[0] + ": " + result.getError().getMessage());
      }
      for (ClassScore score : result.getClassification().getClassesList()) {
        System.out.printf(
            Locale.ROOT, "%s\t%.2f%n", score.getLabel(), 100 * score.getProbability());
      }
    } finally {
      channel.shutdownNow();
    }
  }
}
