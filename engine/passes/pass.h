// Rewrites of a graph that keep what it computes and make it cheaper to run.
#ifndef AVOCET_ENGINE_PASSES_PASS_H_
#define AVOCET_ENGINE_PASSES_PASS_H_

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"

namespace avocet {

// Takes a graph and its parameters and returns the rewritten graph; `parameters` then are those of
// the result.
using Pass = Graph (*)(const Graph& graph, Parameters& parameters);

// Dropout and drop path are the identity at inference.
Graph RemoveDropout(const Graph& graph, Parameters& parameters);
// A batch norm with fixed statistics is a scale and a shift: into the weights and the bias of the
// convolution before it.
Graph FoldBatchNorm(const Graph& graph, Parameters& parameters);
// Likewise a layer scale.
Graph FoldLayerScale(const Graph& graph, Parameters& parameters);
// An activation becomes a post-op of the convolution before it.
Graph FuseActivation(const Graph& graph, Parameters& parameters);
// The addition of a shortcut becomes a post-op of the convolution that ends the branch, in place of
// the shortcut.
Graph FuseResidual(const Graph& graph, Parameters& parameters);

// The table of contents of inference. Activations may come before an addition or after it, hence
// twice.
inline constexpr Pass kInferencePasses[] = {RemoveDropout,  FoldBatchNorm, FoldLayerScale,
                                            FuseActivation, FuseResidual,  FuseActivation};

Graph RunInferencePasses(const Graph& graph, Parameters& parameters);

}  // namespace avocet

#endif  // AVOCET_ENGINE_PASSES_PASS_H_
