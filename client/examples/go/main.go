// Prints the five most probable classes of an image: go run . FILE [HOST:PORT].
//
// generate.sh makes the stubs in avocet/v1 from proto/classifier.proto.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	avocetv1 "avocet/examples/go/avocet/v1"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: classify FILE [HOST:PORT]")
	}
	server := "localhost:50051"
	if len(os.Args) > 2 {
		server = os.Args[2]
	}
	image, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	connection, err := grpc.NewClient(server, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	response, err := avocetv1.NewClassifierClient(connection).Classify(ctx,
		&avocetv1.ClassifyRequest{Images: [][]byte{image}, TopK: 5})
	if err != nil {
		log.Fatal(err)
	}
	result := response.GetResults()[0]
	if failure := result.GetError(); failure != nil {
		log.Fatalf("%s: %s", os.Args[1], failure.GetMessage())
	}
	for _, score := range result.GetClassification().GetClasses() {
		fmt.Printf("%s\t%.2f\n", score.GetLabel(), 100*score.GetProbability())
	}
}
