// Holds Kubernetes documents (a JSON list on standard input) against the published schemas; prints one line for each that is wrong.
const models = { "batch/v1": require("kubernetes-models/batch/v1"), "apps/v1": require("kubernetes-models/apps/v1"), v1: require("kubernetes-models/v1"),
  "policy/v1": require("kubernetes-models/policy/v1"), "networking.k8s.io/v1": require("kubernetes-models/networking.k8s.io/v1") };
for (const document of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try {
    new models[document.apiVersion][document.kind](document).validate();
  } catch (error) {
    console.log(`${document.kind}: ${error.message}`);
  }
}
