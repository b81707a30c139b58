"""The format `ollama`: a GGUF file and the Modelfile from which `ollama create` makes a model."""
