using MetaService.Domain;
using MetaService.Json;
using MetaService.Keys;
using MetaService.Server.Access;
using MetaService.Storage;

namespace MetaService.Server.Http;

/// <summary>Endpoints for operators who look at single keys while debugging.</summary>
public static class KeyEndpoints
{
    private static readonly KeyInspector Inspector = new(
        record => ProtoJsonWriter.ToText(SecretFields.Masked(record), ProtoJsonStyle.Record));

    public static void Map(HttpApi api, TransactionRunner runner)
    {
        api.Group = "Keys";
        api.Map(
            Text("decode_key", Scopes.Read, "Draws the fields of a key that is given in hex.", "key", "unicode"),
            context => Reply.TextAsync(context, KeyPrinter.Print(Required(context, "key"), Unicode(context))));
        api.Map(
            Text("encode_key", Scopes.Read, "Builds a key from its type and fields.", "key_type", "instance_id", "unicode"),
            context => Reply.TextAsync(context, KeyInspector.EncodeKey(Parameters(context), Unicode(context))));
        api.Map(
            Text(
                "get_value", Scopes.Raw, "Shows the record under a key, given in hex or by type and fields; secrets are masked.",
                "key", "key_type", "instance_id"),
            context => GetValueAsync(context, runner));
        api.Map(
            Text("show_meta_ranges", Scopes.Raw, "Shows the ranges into which the store divides its keys."),
            context => ShowRangesAsync(context, runner.Store));
    }

    private static async Task GetValueAsync(HttpContext context, TransactionRunner runner)
    {
        var parameters = Parameters(context);
        var text = await runner
            .ReadAsync((reader, token) => Inspector.GetValueAsync(reader, parameters, token), context.RequestAborted)
            .ConfigureAwait(false);
        await Reply.TextAsync(context, (text ?? throw Errors.KeyNotFound()) + "\n").ConfigureAwait(false);
    }

    private static async Task ShowRangesAsync(HttpContext context, IKvStore store)
    {
        var firstKeys = await store.GetRangeStartsAsync(context.RequestAborted).ConfigureAwait(false);
        var lines = firstKeys.Select(key => $"{(key.Length == 0 ? "(first key)" : KeyHex.Escaped(key))}\n");
        await Reply.TextAsync(context, $"total meta ranges: {firstKeys.Count}\n{string.Concat(lines)}").ConfigureAwait(false);
    }

    private static EndpointDescription Text(string name, Scopes scope, string summary, params string[] query) =>
        new(name, HttpMethods.Get, scope, summary, Query: query) { IsText = true };

    private static bool Unicode(HttpContext context) => context.Request.GetFlag("unicode", defaultValue: true);

    private static string Required(HttpContext context, string name) => Check.Given(context.Request.Get(name), name);

    private static Dictionary<string, string> Parameters(HttpContext context) => context.Request.Query
        .Where(p => p.Key is not ("token" or "unicode")).ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal);
}
