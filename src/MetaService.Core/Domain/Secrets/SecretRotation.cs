using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Security;
using MetaService.Storage;
using Kind = MetaService.Records.Own.RotationCursorPB.Types.Kind;

namespace MetaService.Domain.Secrets;

/// <summary>
/// Seals every secret of the store with the current key, record by record, while requests go on. What is sealed so already is
/// passed over, so that a rotation that was cut off can be begun again at little cost.
/// </summary>
/// <remarks>
/// The beginning marks the check records of all other keys; who seals with such a key from then on takes the mark off. A mark
/// that is still there when everything has been looked at proves that nothing is sealed with the key any more, and the end
/// removes its check record.
/// </remarks>
public sealed class SecretRotation(TransactionRunner runner, SecretKeys keys, SealedRecords secrets, TimeProvider time)
{
    public const int DefaultPage = 100;

    public const int MaxPage = 1000;

    /// <summary>Looks at the next records and seals anew what has to be.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: the limit or the token is malformed, or the rotation began on a server with another current key.
    /// </exception>
    public async Task<RotateSecretsResponse> RotateAsync(
        RotateSecretsRequest request, ChangeOrigin origin, CancellationToken cancellationToken)
    {
        var limit = request.HasLimit ? request.Limit : DefaultPage;
        if (limit is < 1 or > MaxPage)
        {
            throw Errors.Invalid($"limit must be a number from 1 to {MaxPage}");
        }

        var cursor = request.PageToken.Length > 0
            ? await ResumeAsync(request.PageToken, cancellationToken).ConfigureAwait(false)
            : await BeginAsync(cancellationToken).ConfigureAwait(false);
        var response = new RotateSecretsResponse
        {
            EncryptionMethod = cursor.EncryptionMethod,
            KeyId = cursor.KeyId,
            Examined = 0,
            Resealed = 0,
        };
        var page = new RotationPage(runner, secrets, origin, time, cursor, response, limit);
        if (await page.RunAsync(cancellationToken).ConfigureAwait(false))
        {
            await FinishAsync(cursor, response, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            response.NextPageToken = RotationToken.Write(cursor);
        }

        return response;
    }

    private async Task<RotationCursorPB> BeginAsync(CancellationToken cancellationToken)
    {
        // A key that became current a moment ago is the one to rotate to.
        await RereadKeysAsync(cancellationToken).ConfigureAwait(false);
        var rotation = Guid.NewGuid().ToString("N");
        return await runner.RunAsync(
            async (transaction, token) =>
            {
                using var sealer = await secrets.SealerAsync(transaction, token).ConfigureAwait(false);
                foreach (var (id, check) in await KeyChecks.LoadAsync(transaction, token).ConfigureAwait(false))
                {
                    if (IsOther(id, sealer.Method, sealer.KeyId))
                    {
                        check.RetiredBy = rotation;
                        transaction.Set(Key.SecretKeyCheck(id), check);
                    }
                }

                return new RotationCursorPB
                {
                    Rotation = rotation,
                    EncryptionMethod = sealer.Method,
                    KeyId = sealer.KeyId,
                    Kind = Kind.IamUser,
                };
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<RotationCursorPB> ResumeAsync(string pageToken, CancellationToken cancellationToken)
    {
        var cursor = RotationToken.Read(pageToken);
        if (!await SealsAsAsync(cursor, cancellationToken).ConfigureAwait(false))
        {
            await RereadKeysAsync(cancellationToken).ConfigureAwait(false);
            if (!await SealsAsAsync(cursor, cancellationToken).ConfigureAwait(false))
            {
                throw Errors.Invalid(
                    $"page_token is of a rotation to {cursor.EncryptionMethod} key {cursor.KeyId}, which is not what this server seals "
                    + "with: make one key current on all servers and begin again");
            }
        }

        return cursor;
    }

    private Task<bool> SealsAsAsync(RotationCursorPB cursor, CancellationToken cancellationToken) => runner.RunAsync(
        async (transaction, token) =>
        {
            using var sealer = await secrets.SealerAsync(transaction, token).ConfigureAwait(false);
            return sealer.Method == cursor.EncryptionMethod && sealer.KeyId == cursor.KeyId;
        },
        cancellationToken);

    private async Task RereadKeysAsync(CancellationToken cancellationToken)
    {
        try
        {
            await keys.ReloadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SecretKeyException e)
        {
            throw SecretErrors.KeysNotReadable(e.Message);
        }
    }

    private Task FinishAsync(
        RotationCursorPB cursor, RotateSecretsResponse response, CancellationToken cancellationToken) => runner.RunAsync(
        async (transaction, token) =>
        {
            response.RemovableKeyIds.Clear();
            response.KeyIdsInUse.Clear();
            var checks = await KeyChecks.LoadAsync(transaction, token).ConfigureAwait(false);
            var inUse = new HashSet<long>();
            foreach (var (id, check) in checks.Where(c => IsOther(c.Key, cursor.EncryptionMethod, cursor.KeyId)))
            {
                if (cursor.Failed == 0 && check.RetiredBy == cursor.Rotation)
                {
                    transaction.Clear(Key.SecretKeyCheck(id));
                    response.RemovableKeyIds.Add(id);
                }
                else
                {
                    inUse.Add(id);
                }
            }

            // Those that an earlier rotation has freed; a key above the current one is there to become it.
            response.RemovableKeyIds.Add(keys.Keyring.Ids.Where(id => !checks.ContainsKey(id) && id < keys.Keyring.Current!.Id));
            response.KeyIdsInUse.Add(inUse.Order());
            return true;
        },
        cancellationToken);

    private static bool IsOther(long keyId, string method, long currentId) => method != SecretCipher.Method || keyId != currentId;
}
