// Prints the five most probable classes of an image: node classify.js FILE [HOST:PORT].
const fs = require("fs");
const path = require("path");
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");

const [file, server = "localhost:50051"] = process.argv.slice(2);
const proto = path.join(__dirname, "../../../proto/classifier.proto");
const { Classifier } = grpc.loadPackageDefinition(protoLoader.loadSync(proto)).avocet.v1;

const client = new Classifier(server, grpc.credentials.createInsecure());
const request = { images: [fs.readFileSync(file)], topK: 5 };
client.Classify(request, { deadline: Date.now() + 10000 }, (failure, response) => {
  client.close();
  const result = response?.results[0];
  if (failure || result.error) {
    console.error(`${file}: ${failure?.message ?? result.error.message}`);
    process.exitCode = 1;
    return;
  }
  for (const score of result.classification.classes) {
    console.log(`${score.label}\t${(100 * score.probability).toFixed(2)}`);
  }
});
