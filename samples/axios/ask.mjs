// Tells what a model takes, and what it answers to the tables in a JSON file.
//
//     cd samples/axios && npm ci && node ask.mjs http://127.0.0.1:8080/predictions/tabular-risk ../../model_zoo/tabular-risk/sample.json
import { readFile } from "node:fs/promises";
import axios from "axios";

const [address, file] = process.argv.slice(2);

const metadata = (await axios.post(address)).data;
for (const field of metadata.inputs) {
  console.log(`takes ${field.name}: ${field.type} [${field.shape.join(", ")}]`);
}

const inputs = JSON.parse(await readFile(file, "utf8"));
try {
  const { data } = await axios.post(address, inputs, { headers: { Accept: "application/json" } });
  for (const [name, value] of Object.entries(data)) {
    console.log(`${name}: ${JSON.stringify(value)}`);
  }
} catch (error) {
  console.error(error.response?.data?.message ?? error.message);
  process.exitCode = 1;
}
