"""After a round trip through Colab: its own metadata, new ids, nbgrader's metadata kept nowhere."""

# %% notebook
import secrets


def change(notebook):
    notebook.metadata = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
        "accelerator": "GPU",
    }
    notebook.nbformat_minor = 0
    for cell in notebook.cells:
        cell.metadata = {"id": secrets.token_urlsafe(9), "colab": {"base_uri": "https://localhost:8080/"}}
        cell.pop("id", None)
