// Buttons of the feed's page: each asks the API, then shows the page anew.
(() => {
  const words = JSON.parse(document.getElementById("tc-words").textContent);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-post], button[data-patch]");
    if (!button) return;
    button.disabled = true;
    const said = document.getElementById("tc-feed-said");
    const { post, patch, body } = button.dataset;
    try {
      const answer = await fetch(post || patch, {
        method: post ? "POST" : "PATCH",
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body || undefined,
      });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      said.textContent = words.done;
      setTimeout(() => location.reload(), 700);
    } catch (error) {
      said.textContent = `${words.failed} ${error.message}`;
      button.disabled = false;
    }
  });
})();
