using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MetaService.Server.Http;
using MetaService.Server.Settings;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice secrets rotate</c>: lets a running server seal everything anew, page by page.</summary>
public static class RotateSecretsCommand
{
    private const string Endpoint = HttpApi.Root + "/rotate_secrets";

    /// <summary>A page is some hundred small transactions.</summary>
    private static readonly TimeSpan PageTimeout = TimeSpan.FromMinutes(2);

    public static Command Create()
    {
        var url = new Option<string>("--url")
        {
            Description = "A server of the store.",
            DefaultValueFactory = _ => "http://127.0.0.1:5000",
        };
        var token = new Option<string?>("--token")
        {
            Description = "The server's token; better in the environment as METASERVICE__TOKEN.",
        };
        var config = new Option<string?>("--config") { Description = "JSON file with settings, as for serve." };
        var command = new Command("rotate", "Seal ak and sk anew with the current key while the servers run.")
        {
            url, token, config,
        };
        command.SetAction((arguments, cancellationToken) => CommandFailure.ReportAsync(async () =>
        {
            var settings = SettingsLoader.Load(arguments.GetValue(config), []);
            var given = arguments.GetValue(token)
                ?? settings.Token ?? settings.Tokens.FirstOrDefault() ?? ServerOptions.DocumentToken;
            await RotateAsync(ParseUrl(arguments.GetRequiredValue(url)), given, cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new Uri(url, Endpoint)
            : throw new SettingsException($"--url: '{text}' is not a URL such as http://127.0.0.1:5000");

    private static async Task RotateAsync(Uri endpoint, string token, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = PageTimeout };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var (examined, resealed, failed) = (0L, 0L, 0L);
        var page = "";
        while (true)
        {
            var result = await CallAsync(http, endpoint, page, cancellationToken).ConfigureAwait(false);
            examined += Number(result, "examined");
            resealed += Number(result, "resealed");
            foreach (var failure in result["failures"]?.AsArray() ?? [])
            {
                failed++;
                await Console.Error.WriteLineAsync($"metaservice: {failure}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{examined:N0} records looked at, {resealed:N0} sealed anew"))
                .ConfigureAwait(false);
            page = (string?)result["next_page_token"] ?? "";
            if (page.Length == 0)
            {
                await ReportAsync(result, failed).ConfigureAwait(false);
                return;
            }
        }
    }

    /// <exception cref="SettingsException">Secrets are left that are not sealed with the current key.</exception>
    private static async Task ReportAsync(JsonObject result, long failed)
    {
        var removable = Ids(result, "removable_key_ids");
        var inUse = Ids(result, "key_ids_in_use");
        await Console.Out.WriteLineAsync(
            $"secrets are sealed with {(string?)result["encryption_method"]} key {(string?)result["key_id"]}")
            .ConfigureAwait(false);
        if (removable.Length > 0)
        {
            await Console.Out.WriteLineAsync(
                $"no longer used, may be deleted (but keep them with backups made so far): key {removable}")
                .ConfigureAwait(false);
        }

        if (failed > 0)
        {
            throw new SettingsException(string.Create(
                CultureInfo.InvariantCulture, $"{failed} records could not be sealed anew; delete no key before they are"));
        }

        if (inUse.Length > 0)
        {
            throw new SettingsException(
                $"key {inUse} was used meanwhile: a server still has it as its current one; make one key current on all servers, "
                + "then run this again");
        }
    }

    private static async Task<JsonObject> CallAsync(
        HttpClient http, Uri endpoint, string page, CancellationToken cancellationToken)
    {
        try
        {
            var body = new JsonObject { ["page_token"] = page };
            using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using var reply = await http.PostAsync(endpoint, content, cancellationToken).ConfigureAwait(false);
            var text = await reply.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            var envelope = JsonNode.Parse(text) as JsonObject;
            return reply.IsSuccessStatusCode && envelope?["result"] is JsonObject result
                ? result
                : throw new IOException(
                    $"the server answered {(int)reply.StatusCode}: {(string?)envelope?["msg"] ?? "(no message)"}");
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{endpoint.GetLeftPart(UriPartial.Authority)} cannot be reached: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new IOException($"{endpoint.GetLeftPart(UriPartial.Authority)} does not answer like a server of this kind", e);
        }
    }

    private static long Number(JsonObject result, string name) => (long?)result[name] ?? 0;

    private static string Ids(JsonObject result, string name) =>
        string.Join(", ", (result[name]?.AsArray() ?? []).Select(id => (string?)id));
}
